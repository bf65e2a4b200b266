"""What the generated `ibfast.blocking` stands on: the event loop thread and the proxies of async objects.

Nothing here is public.
"""
