"""Home Assistant: what is said of devices so that they appear there by themselves (MQTT device discovery)."""
