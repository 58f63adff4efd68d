"""The demo application: what a user of the reference would write."""

PLUGIN = "onesocket"
