import Glibc

/// Writes `text` to standard error in one piece, so that the lines of several ranks do not mix.
func writeToStandardError(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
        var rest = UnsafeRawBufferPointer(bytes)
        while rest.count > 0 {
            let written = write(STDERR_FILENO, rest.baseAddress, rest.count)
            guard written > 0 else { return }
            rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
    }
}

/// Writes out what the C library still holds of all open streams.
func flushStandardStreams() { fflush(nil) }

func endProcess(_ code: Int32) -> Never { exit(code) }

/// The value of an environment variable.
func environmentValue(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

/// Leaves the core to others for ten milliseconds.
func sleepBriefly() { usleep(10_000) }
