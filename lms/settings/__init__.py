"""Settings of the portal: ``base`` is secure, ``demo`` and ``test`` relax it and say why."""
