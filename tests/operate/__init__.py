"""Running the service for years: backup and restore, metrics, health, several machines."""
