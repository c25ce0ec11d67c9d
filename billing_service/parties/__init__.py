"""Who pays, who asks, and what was agreed. Use cases, a module per noun.

``administrations`` with their VAT statuses, book years and series; ``customers``; ``organisations`` and ``persons``;
``contracts``.
"""
