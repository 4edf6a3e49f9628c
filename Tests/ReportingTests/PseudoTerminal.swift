import Foundation

/// A real terminal device whose other end the test holds.
final class PseudoTerminal {
    /// What the program under test writes to.
    let descriptor: Int32
    private let controller: Int32

    init(columns: Int) throws {
        var ends: (controller: Int32, terminal: Int32) = (-1, -1)
        guard openpty(&ends.controller, &ends.terminal, nil, nil, nil) == 0 else { throw POSIXError(.ENODEV) }
        (controller, descriptor) = ends
        resize(columns: columns)
    }

    deinit {
        close(descriptor)
        close(controller)
    }

    func resize(columns: Int) {
        var size = winsize(ws_row: 24, ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(controller, UInt(TIOCSWINSZ), &size)
    }

    /// What has arrived and was not read yet.
    func received() -> String { readAvailable(controller) }
}

/// A pipe: what a program writes to when its output goes to a file or another program.
final class OutputPipe {
    let descriptor: Int32
    private let reader: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
        (reader, descriptor) = (ends[0], ends[1])
    }

    deinit {
        close(descriptor)
        close(reader)
    }

    func received() -> String { readAvailable(reader) }
}

private func readAvailable(_ descriptor: Int32) -> String {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while poll(&request, 1, 20) > 0, request.revents & Int16(POLLIN) != 0 {
        let count = read(descriptor, &piece, piece.count)
        if count <= 0 { break }
        bytes.append(contentsOf: piece[..<count])
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// Seconds that pass when the test says so.
final class ManualTime {
    var seconds = 1000.0
}
