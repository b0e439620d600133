module gvent/bench

go 1.19
