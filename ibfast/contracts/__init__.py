"""What is known about contracts beyond their messages: qualification, option chains, price grids, trading hours.

The messages themselves and their validation are in `ibfast.schema`.
"""
