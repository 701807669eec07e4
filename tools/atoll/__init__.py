"""What the tools share: machines (topology), running them (qemu), and reading what they say."""
