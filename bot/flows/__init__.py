"""One file a flow; each reads like the talk it holds."""
