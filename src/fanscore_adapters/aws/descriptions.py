"""How botocore's descriptions of services are read: it takes longer over them than over a call.

Before it reads one, botocore looks into the folders of all services, some four hundred. And it
reads JSON into ``OrderedDict``, which keeps no other order than ``dict``, and takes twice as long.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

from botocore.loaders import JSONFileLoader, Loader
from botocore.session import Session


class _Files(JSONFileLoader):  # type: ignore[misc]  # botocore has no types
    """Reads JSON files; what is not there is ``None``."""

    def load_file(self, file_path: str) -> object:
        plain, packed = Path(f"{file_path}.json"), Path(f"{file_path}.json.gz")
        if plain.is_file():
            return json.loads(plain.read_bytes())
        return json.loads(gzip.decompress(packed.read_bytes())) if packed.is_file() else None


class _Descriptions(Loader):  # type: ignore[misc]  # botocore has no types
    """Finds descriptions where botocore does."""

    def list_available_services(self, type_name: str) -> Sequence[str]:  # noqa: ARG002  # botocore's
        """Return the names of the services, whether they have a description of the type or not."""
        folders = (Path(each) for each in self.search_paths)
        return [each.name for folder in folders if folder.is_dir() for each in folder.iterdir()]


def read_descriptions_quickly(session: Session) -> None:
    """Have a session read the descriptions that it would read, in less time."""
    folders = session.get_component("data_loader").search_paths
    loader = _Descriptions(list(folders), _Files(), include_default_search_paths=False)
    session.register_component("data_loader", loader)
