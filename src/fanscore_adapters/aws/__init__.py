"""AWS: its clients, and the adapters of Lambda, EventBridge and Rekognition."""
