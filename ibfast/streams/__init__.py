"""Streams of records and of messages, and what is kept up to date from them: quotes, order books, bars.

No request is made here: `ibfast.requests` opens subscriptions, `ibfast.session` resubscribes them.
"""
