"""Zalo Official Accounts: signed events in, messages out, with tokens that change every day."""
