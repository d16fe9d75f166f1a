"""A small world to play and to test in: Slack, EDFS with iTwins, and Bentley IMS, all on loopback.

The stand-ins answer HTTP as the real services do and refuse what those refuse; the bot cannot tell.
Nothing in here imports the rest of the bot, except the module that starts both together.
"""
