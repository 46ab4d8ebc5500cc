"""What nodes write, and what happens to them, kept in files: JSON lines, rotated, in the state directory.

Writing is a thread's work, so that a slow disk holds up no supervisor; a disk that is full or stands still
ends the logging and not the nodes. docs/reference/logs.md and events.md have the formats.
"""
