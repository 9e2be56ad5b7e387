"""Where mail comes from by itself: IMAP mailboxes. (Mail that is pushed comes through the endpoints.)"""
