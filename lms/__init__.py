"""Wiring of the portal: settings, addresses, middleware and the demo. Nobody imports from here."""
