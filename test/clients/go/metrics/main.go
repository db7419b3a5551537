// SPDX-License-Identifier: Apache-2.0
// Statements of Grafana's MySQL data source over metrics, its macros expanded, through go-sql-driver (test/kairos_sql).
package main

import (
	"database/sql"
	"fmt"
	"os"
	"strings"

	"github.com/go-sql-driver/mysql"
)

type failure struct{ text string }

func must(err error) {
	if err != nil {
		panic(failure{err.Error()})
	}
}

var db *sql.DB

// All rows, values joined by '|', rows by ' '.
func query(text string, arguments ...interface{}) string {
	rows, err := db.Query(text, arguments...)
	must(err)
	defer rows.Close()
	columns, err := rows.Columns()
	must(err)
	found := []string{}
	for rows.Next() {
		values := make([]sql.NullString, len(columns))
		targets := make([]interface{}, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		must(rows.Scan(targets...))
		parts := make([]string, len(columns))
		for i, value := range values {
			parts[i] = value.String
			if !value.Valid {
				parts[i] = "NULL"
			}
		}
		found = append(found, strings.Join(parts, "|"))
	}
	must(rows.Err())
	return strings.Join(found, " ")
}

func wanted(statement, rows string, arguments ...interface{}) {
	if got := query(statement, arguments...); got != rows {
		panic(failure{fmt.Sprintf("%s\ngot    %.600s\nwanted %.600s", statement, got, rows)})
	}
}

// $__timeFilter(time): from the first minute on, for two minutes.
const timeFilter = "time BETWEEN FROM_UNIXTIME(1704067200) AND FROM_UNIXTIME(1704067319)"

func run(name string, check func()) {
	defer func() {
		if err := recover(); err != nil {
			if failed, ok := err.(failure); ok {
				fmt.Printf("FAIL %s: %s\n", name, strings.ReplaceAll(failed.text, "\n", " / "))
				return
			}
			panic(err)
		}
	}()
	check()
	fmt.Printf("ok %s\n", name)
}

func main() {
	c := mysql.NewConfig()
	c.Net, c.Addr = "tcp", os.Getenv("T_HOST")+":"+os.Getenv("T_PORT")
	c.User, c.Passwd, c.DBName = os.Getenv("T_USER"), os.Getenv("T_PASSWORD"), "kairos.default"
	c.ParseTime = true
	connector, err := mysql.NewConnector(c)
	must(err)
	db = sql.OpenDB(connector)
	const byMinute = "1704067200|a|2 1704067200|b|20 1704067260|a|5 1704067260|b|50"
	// $__timeGroupAlias(time,'1m') for a time series with a column a metric.
	run("time_group", func() {
		wanted("SELECT UNIX_TIMESTAMP(time) DIV 60 * 60 AS \"time\", host AS metric, avg(value) FROM `cpu.load` WHERE "+timeFilter+
			" GROUP BY 1, 2 ORDER BY 1, 2", byMinute)
	})
	// The form of older Grafana.
	run("time_group_signed", func() {
		wanted("SELECT cast(cast(UNIX_TIMESTAMP(time)/(60) as signed)*60 as signed) AS time_sec, host AS metric, avg(value) FROM "+
			"`cpu.load` WHERE "+timeFilter+" GROUP BY 1, 2 ORDER BY 1, 2", byMinute)
	})
	// $__unixEpochFilter(UNIX_TIMESTAMP(time)) and $__unixEpochGroup(.., '1m')
	run("unix_epoch", func() {
		wanted("SELECT UNIX_TIMESTAMP(time) DIV 60 * 60 AS \"time\", host AS metric, avg(value) FROM kairos.default.`cpu.load` WHERE "+
			"UNIX_TIMESTAMP(time) >= 1704067200 AND UNIX_TIMESTAMP(time) <= 1704067319 GROUP BY 1, 2 ORDER BY 1, 2", byMinute)
	})
	// $__timeFrom() and $__timeTo()
	run("from_and_to", func() {
		wanted("SELECT count(*) FROM `cpu.load` WHERE time >= FROM_UNIXTIME(1704067260) AND time < FROM_UNIXTIME(1704067320)", "6")
	})
	// A table panel, newest first, and what the builder's preview sends.
	run("table", func() {
		wanted("SELECT time, value, host FROM kairos.default.`cpu.load` WHERE host IN ('a') AND "+timeFilter+
			" ORDER BY time DESC LIMIT 1", "2024-01-01T00:01:40Z|6|a")
		wanted("SELECT value FROM `kairos.default`.`cpu.load` ORDER BY value DESC LIMIT 1", "90")
	})
	// Template variables.
	run("variables", func() {
		wanted("SELECT DISTINCT host FROM `cpu.load` ORDER BY host", "a b")
		wanted("SELECT table_name FROM information_schema.tables WHERE table_schema = 'kairos.default' ORDER BY table_name", "cpu.load")
		wanted("SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'kairos.default' AND "+
			"table_name = 'cpu.load' ORDER BY ordinal_position", "time|datetime value|bigint host|text tags|map")
		wanted("SELECT column_name FROM information_schema.columns WHERE table_schema = database() AND table_name = 'cpu.load' "+
			"AND column_name = 'host'", "host")
	})
	run("prepared", func() {
		wanted("SELECT UNIX_TIMESTAMP(time) DIV 60 * 60 AS t, host, avg(value) FROM `cpu.load` WHERE time BETWEEN "+
			"FROM_UNIXTIME(?) AND FROM_UNIXTIME(?) AND host = ? GROUP BY 1, 2 ORDER BY 1", "1704067200|b|20 1704067260|b|50",
			1704067200, 1704067319, "b")
	})
}
