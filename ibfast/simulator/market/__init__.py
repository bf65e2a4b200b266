"""What is traded and how its prices move: instruments, hours, price paths, quotes, bars, news.

Seeded and a function of time; nothing here knows of a client or an order.
"""
