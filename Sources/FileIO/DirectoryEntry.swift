import Glibc

extension UnsafeMutablePointer<dirent> {
    /// The name of an entry that `readdir` has returned; bytes that are not UTF-8 are replaced.
    ///
    /// Not through the property `d_name`: an entry ends with its name, and there need not be memory for a name of the
    /// greatest length, which a copy of the property would read.
    package var entryName: String {
        let offset = MemoryLayout.offset(of: \dirent.d_name) ?? 0
        return String(cString: (UnsafeMutableRawPointer(self) + offset).assumingMemoryBound(to: CChar.self))
    }
}
