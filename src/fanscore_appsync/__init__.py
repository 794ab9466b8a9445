"""What AppSync meets: the resolver, its routing table, and what wires them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fanscore_core.lazy_face import lazy_face

if TYPE_CHECKING:
    from fanscore_appsync.api import API, Api, named_api
    from fanscore_appsync.api_checks import ApiMisuse
    from fanscore_appsync.app import App, Response
    from fanscore_appsync.authorization import Caller, CallerKind, Group, Pattern, group
    from fanscore_appsync.connectors import Connector, Resources
    from fanscore_appsync.consumer_app import ConsumerApp
    from fanscore_appsync.fields import (
        API_KEY,
        FIELDS,
        LOGIN,
        LOGIN_OR_SERVICE,
        OWNER_OR_SERVICE,
        Cache,
        Field,
    )
    from fanscore_appsync.idv_app import IdvApp
    from fanscore_appsync.invocation import Invocation
    from fanscore_appsync.pages import connection, page_request
    from fanscore_appsync.setting_row import Backend
    from fanscore_appsync.settings import Settings, read_settings
    from fanscore_appsync.wiring.apps import connect, connect_consumers, connect_idv
else:
    __getattr__, __dir__ = lazy_face(
        __name__,
        {
            "api": ("API", "Api", "named_api"),
            "api_checks": ("ApiMisuse",),
            "app": ("App", "Response"),
            "authorization": ("Caller", "CallerKind", "Group", "Pattern", "group"),
            "connectors": ("Connector", "Resources"),
            "consumer_app": ("ConsumerApp",),
            "fields": (
                "API_KEY",
                "Cache",
                "FIELDS",
                "Field",
                "LOGIN",
                "LOGIN_OR_SERVICE",
                "OWNER_OR_SERVICE",
            ),
            "idv_app": ("IdvApp",),
            "invocation": ("Invocation",),
            "pages": ("connection", "page_request"),
            "setting_row": ("Backend",),
            "settings": ("Settings", "read_settings"),
            "wiring.apps": ("connect", "connect_consumers", "connect_idv"),
        },
    )

__all__ = [
    "API",
    "API_KEY",
    "FIELDS",
    "LOGIN",
    "LOGIN_OR_SERVICE",
    "OWNER_OR_SERVICE",
    "Api",
    "ApiMisuse",
    "App",
    "Backend",
    "Cache",
    "Caller",
    "CallerKind",
    "Connector",
    "ConsumerApp",
    "Field",
    "Group",
    "IdvApp",
    "Invocation",
    "Pattern",
    "Resources",
    "Response",
    "Settings",
    "connect",
    "connect_consumers",
    "connect_idv",
    "connection",
    "group",
    "named_api",
    "page_request",
    "read_settings",
]
