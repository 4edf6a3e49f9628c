import FileIO
import Foundation
import Reporting
import Testing

@Suite struct ConsoleTests {
    private func printed(
        isSpeaking: Bool = true, isQuiet: Bool = false, _ body: (Console) -> Void
    ) throws -> String {
        let pipe = try OutputPipe()
        body(
            Console(
                output: TerminalOutput(descriptor: pipe.descriptor) { _ in nil }, isSpeaking: isSpeaking,
                isQuiet: isQuiet))
        return pipe.received()
    }

    private func speak(_ console: Console) {
        console.info("reading ml-1m")
        console.warning("3 users have no history\nthey are left out")
        console.error("dev.csv:1042: neg_items has 98 entries\nremove the column\nor fill it")
    }

    @Test func `continuation lines stand below the text of the first`() throws {
        #expect(
            try printed(speak) == """
                reading ml-1m
                warning: 3 users have no history
                         they are left out
                error: dev.csv:1042: neg_items has 98 entries
                       remove the column
                       or fill it

                """)
    }

    @Test func `quiet mode keeps warnings and errors`() throws {
        let text = try printed(isQuiet: true, speak)
        #expect(text.hasPrefix("warning: ") && text.contains("\nerror: "))
    }

    @Test func `a silent rank prints nothing`() throws { #expect(try printed(isSpeaking: false, speak) == "") }

    @Test func `an error is printed by its description`() throws {
        let error = FileError(path: "a", operation: .read, reason: "it is empty", advice: "fill it")
        #expect(try printed { $0.error(error) } == "error: a: cannot be read: it is empty\n       fill it\n")
    }

    @Test func `control characters from a file do not reach the terminal`() throws {
        #expect(try printed { $0.error("a\u{1B}[2Jb\rc\u{9B}") } == "error: a\\u{1b}[2Jb\\u{d}c\\u{9b}\n")
        #expect(
            try printed { $0.info("runs/\u{202E}gpj.exe\n\tx\u{200F}\u{2066}") }
                == "runs/\\u{202e}gpj.exe\n\tx\\u{200f}\\u{2066}\n")
    }

    @Test func `labels are coloured on a terminal unless NO_COLOR is set`() throws {
        for (value, isColored) in [(nil, true), ("", true), ("1", false)] as [(String?, Bool)] {
            let terminal = try PseudoTerminal(columns: 80)
            let output = TerminalOutput(descriptor: terminal.descriptor) { $0 == "NO_COLOR" ? value : "xterm" }
            Console(output: output).error("x")
            let expected = isColored ? "\u{1B}[1;31merror:\u{1B}[0m x\r\n" : "error: x\r\n"
            #expect(terminal.received() == expected)
        }
    }

    @Test func `the width is that of the terminal and 80 elsewhere`() throws {
        let terminal = try PseudoTerminal(columns: 57)
        let pipe = try OutputPipe()
        #expect(TerminalOutput(descriptor: terminal.descriptor).width == 57)
        terminal.resize(columns: 0)
        #expect(TerminalOutput(descriptor: terminal.descriptor).width == 80)
        #expect(TerminalOutput(descriptor: pipe.descriptor).width == 80)
    }

    @Test func `a stream that nobody reads stops neither the program nor what is said once it is read again`() throws {
        let pipe = try OutputPipe()
        // As a launcher may leave it.
        try #require(fcntl(pipe.descriptor, F_SETFL, O_NONBLOCK) == 0)
        let piece = [UInt8](repeating: UInt8(ascii: "."), count: 4096)
        while write(pipe.descriptor, piece, piece.count) > 0 {}
        try #require(errno == EAGAIN)
        let console = Console(output: TerminalOutput(descriptor: pipe.descriptor) { _ in nil })
        console.error("lost")
        let filling = pipe.received()
        #expect(!filling.isEmpty && filling.allSatisfy { $0 == "." }, "nothing of a message that has no room")
        console.error("kept")
        #expect(pipe.received() == "error: kept\n")
    }

    @Test func `a stream that is not there is passed over`() throws {
        let pipe = try OutputPipe()
        let descriptor = dup(pipe.descriptor)
        let console = Console(output: TerminalOutput(descriptor: descriptor) { _ in nil })
        console.error("before")
        close(descriptor)
        console.error("lost")
        #expect(errno == EBADF)
        #expect(pipe.received() == "error: before\n")
    }
}
