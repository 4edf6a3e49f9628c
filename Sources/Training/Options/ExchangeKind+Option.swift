import DistributedOptimizer
import Options

/// `--exchange`.
extension ExchangeKind: OptionValue {}

/// `--table-sharding`.
extension TableSharding: OptionValue {}

/// `--exchange-rounds`.
extension ExchangeRounds: OptionValue {}
