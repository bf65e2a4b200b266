"""What tests share: gateways, clocks, judges, strategies. No test is in here, and no test imports another."""
