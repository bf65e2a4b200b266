"""Orders: building them, placing them, and following each one as a `Trade`.

What a request to TWS looks like is in `ibfast.requests`; the messages are in `ibfast.schema`.
"""
