/// The training samples of one logical shard, by user and position.
struct ShardSamples {
    /// `[samples]`: local user and position of every sample.
    let users: [Int32]
    let positions: [Int32]
    /// The local users of the shard, and where the samples of each begin: `[users + 1]`.
    let localUsers: Range<Int>
    let offsets: [Int32]

    init(store: SequenceStore, shards: LogicalShards, shard: Int) {
        var users: [Int32] = []
        var positions: [Int32] = []
        var offsets: [Int32] = [0]
        users.reserveCapacity(shards.sampleCount(of: shard))
        positions.reserveCapacity(shards.sampleCount(of: shard))
        localUsers = store.localUsers(of: shard)
        for local in localUsers {
            for slot in store.offsets[local]..<store.offsets[local + 1] {
                let position = slot - store.offsets[local]
                guard store.splits[slot] == Split.train.rawValue, position > 0 || shards.kind == .everyInteraction
                else { continue }
                users.append(Int32(local))
                positions.append(Int32(position))
            }
            offsets.append(Int32(users.count))
        }
        self.users = users
        self.positions = positions
        self.offsets = offsets
    }

    var count: Int { users.count }

    /// The samples of a local user.
    func range(ofLocal local: Int) -> Range<Int> {
        let index = local - localUsers.lowerBound
        return Int(offsets[index])..<Int(offsets[index + 1])
    }
}
