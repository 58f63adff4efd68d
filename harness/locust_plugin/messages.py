"""The names of the messages between master and workers."""

POLL, ANSWER = "onesocket_poll", "onesocket_report"
ASK_TIME, TELL_TIME = "onesocket_ask_time", "onesocket_tell_time"
