"""A small browser: cookies, redirects and pages, for signing in without a screen."""
