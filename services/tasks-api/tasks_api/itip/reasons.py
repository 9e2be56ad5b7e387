"""Why a decision is what it is: stable codes that records keep and people filter by."""

from __future__ import annotations

# created, updated, cancelled, replied
NEW = "new"
NEWER = "newer"
DATE_OF_SERIES = "date_of_series"
ADDED_DATE = "added_date"
CANCELLED_BY_ORGANIZER = "cancelled_by_organizer"
CANCELLED_STATUS = "status_cancelled"
UNINVITED = "we_are_uninvited"
OTHERS_UNINVITED = "others_uninvited"
ANSWERED = "answered"
DELEGATED = "delegated"
IMPORTED = "imported"
CONFIRMED = "confirmed_by_person"

# unchanged, stale
SAME_AGAIN = "same_again"
NOTHING_NEW = "nothing_new"
OLDER = "older"
SERIES_IS_NEWER = "series_is_newer"
CANCELLED_BEFORE = "cancelled_before"
ALREADY_CANCELLED = "already_cancelled"
ANSWERED_LATER = "answered_later"
ANSWERS_OLDER_VERSION = "answers_older_version"

# waiting
ASK = "policy_ask"
SENDER_UNKNOWN = "sender_not_known"
CREATION_OFF = "creation_off"
COMPLETED_BY_HAND = "completed_by_hand"
REOPENED_BY_HAND = "reopened_by_hand"
DELETED_BY_HAND = "deleted_by_hand"
TIME_SET_BY_HAND = "time_set_by_hand"
COUNTER_PROPOSAL = "counter_proposal"

# review
ORGANIZER_DIFFERS = "organizer_differs"
SENDER_DIFFERS = "sender_is_not_organizer"
NOT_AUTHENTICATED = "sender_not_authenticated"
SEVERAL_SENDERS = "several_senders"
ORGANIZER_IS_OURS = "organizer_is_ours"
NOT_INVITED = "attendee_not_invited"
SENDER_IS_NOT_ATTENDEE = "sender_is_not_attendee"
NO_SUCH_DATE = "no_such_date"
UNKNOWN_SERIES = "unknown_series"
TOO_MANY_DATES = "too_many_occurrences"
SEQUENCE_IMPLAUSIBLE = "sequence_implausible"
ADDS_SERIES = "adds_a_series"
NO_START = "no_start"
UNREADABLE = "unreadable"

# ignored
UNKNOWN_UID = "unknown_uid"
NOT_OUR_MEETING = "not_our_meeting"
SECOND_IN_MAIL = "second_in_mail"
REFRESH_ASKED = "refresh_asked"
COUNTER_DECLINED = "counter_declined"
NO_METHOD = "no_method"
UNSUPPORTED_METHOD = "unsupported_method"
NO_ATTENDEE = "no_attendee"
