"""What flows look up or have done, carried out by subject. `bot.conversation.shell` finds who carries out what."""
