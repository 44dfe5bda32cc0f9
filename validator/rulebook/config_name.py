"""The name of a configuration, and where it lies."""

CONFIG_NAME = "cpgate.toml"
CONFIG_KIND = "config"
"""What a configuration is to the layout: about the data, never data."""


def is_config(key: str) -> bool:
    """Whether a key is that of a dataset's or project's configuration.

    >>> is_config("cpg0051-heart/broad/cpgate.toml"), is_config("cpg0051-heart/broad/workspace/cpgate.toml")
    (True, False)
    """
    folder, _, name = key.rpartition("/")
    return name == CONFIG_NAME and folder != "" and folder.count("/") <= 1
