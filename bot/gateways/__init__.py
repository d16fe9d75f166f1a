"""Clients of everything outside the process, one module or package for each system."""
