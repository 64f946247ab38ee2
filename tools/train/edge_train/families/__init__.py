"""The kinds of sources that texts imitate: each family is a module with a `draft`, and has its share."""

from edge_train.draft import Family
from edge_train.families import (
    consoles,
    devices,
    forms,
    keyvalue,
    lists,
    pages,
    positional,
    records,
    reports,
    structured,
    tables,
)

FAMILIES: dict[str, tuple[int, Family]] = {
    "keyvalue": (14, keyvalue.draft),
    "pages": (12, pages.draft),
    "structured": (7, structured.draft),
    "positional": (7, positional.draft),
    "reports": (14, reports.draft),
    "tables": (7, tables.draft),
    "records": (5, records.draft),
    "consoles": (5, consoles.draft),
    "lists": (5, lists.draft),
    "forms": (14, forms.draft),
    **{file: (share, devices.family(file)) for file, share in devices.FILES.items()},
}
