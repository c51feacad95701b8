"""Two phones on a page: talk to the bot without any account, and watch the desk in another window."""
