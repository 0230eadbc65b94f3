"""Bundler and RubyGems."""
