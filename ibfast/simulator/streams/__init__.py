"""What the simulator sends by itself: ticks, depth, bars, scanner rows, account updates.

The requests that open them are answered in `handlers`.
"""
