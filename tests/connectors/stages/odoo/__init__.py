"""Odoo 19 as its documentation and the recording of a real one describe it (accounting-apis 11), in memory.

orm         models, fields, domains; what is unknown, of another type or missing is refused as Odoo does
accounting  what happens when moves are made and posted and payments registered
api         JSON-2 and XML-RPC in front of it
stage       what the suite asks of it
"""

from tests.connectors.stages.odoo.stage import OdooStage

__all__ = ["OdooStage"]
