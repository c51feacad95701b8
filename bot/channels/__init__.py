"""The channels: one small set of modules for each provider, all behind `channels.channel.Channel`."""
