"""`goniec demo`: real mail over SMTP and IMAP through a running installation, told as a story."""
