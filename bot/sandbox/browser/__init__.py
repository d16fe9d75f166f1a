"""A headless browser: cookies, redirects, forms and links, for signing in."""
