module sluice/bench/kairos/load

go 1.19
