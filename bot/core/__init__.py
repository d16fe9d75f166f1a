"""What the bot knows without asking anybody: values in, values out."""
