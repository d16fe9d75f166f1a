"""What people come for. No feature knows another; each turns what was asked into an outcome."""
