"""The exchange side: order intake, validation, the matching engine, linked orders, the account.

Messages to clients are written by `handlers` and `streams`.
"""
