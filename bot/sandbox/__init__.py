"""A world for manual play and for tests: Slack, EDFS with iTwins, and Bentley IMS on loopback.

The stand-ins answer HTTP as the real services do, and reject what those reject. Nothing in here
imports the rest of the bot, except `start`, which starts both together.
"""
