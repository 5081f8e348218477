"""A small API that has everything a generator must know."""

from broker.wire.schema import ApiFacts, Field, parse

WIDGET: ApiFacts = parse("""
api 99 Widget

request WidgetRequest versions=0-2 flexible=2+
  count int32
  size int16 1+ default=-1
  name string nullable=1+
  parts []Part
    id uuid
    weights []int32
  note string 2+ nullable tag=3 default=null

response WidgetResponse versions=0-2 flexible=2+
  error_code int16
  origin Origin 2+ tag=0
    x float64
  payload records nullable
""")


def field(name: str) -> Field:
    """A field of the request or of the response, by name."""
    structs = [*WIDGET.request.structs, *WIDGET.response.structs]
    return next(item for struct in structs for item in struct.fields if item.name == name)
