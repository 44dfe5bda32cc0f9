"""The base of all models that pydantic checks."""

from pydantic import VERSION, BaseModel, ConfigDict

SAFE_SINCE = (2, 14)
"""Before, pydantic built a model in two threads at once when both came first: https://github.com/pydantic/pydantic/pull/13438"""


class LateModel(BaseModel):
    """A model whose validator is built when it is first used.

    A command imports many models, and uses few: building them all takes a tenth of a second.
    """

    model_config = ConfigDict(defer_build=tuple(map(int, VERSION.split(".")[:2])) >= SAFE_SINCE)
