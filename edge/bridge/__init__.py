"""What the daemon says and hears below `<base_topic>/bridge`: health, info, log lines, requests."""
