"""Mix and rebar3."""
