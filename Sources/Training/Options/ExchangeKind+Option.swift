import DistributedOptimizer
import Options

/// `--exchange`.
extension ExchangeKind: OptionValue {}

/// `--exchange-rounds`.
extension ExchangeRounds: OptionValue {}
