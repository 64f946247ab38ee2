"""Raw sensor text in over MQTT, validated JSON readings out."""

__version__ = "0.1.0"
