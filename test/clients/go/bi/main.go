// SPDX-License-Identifier: Apache-2.0
// Grafana's way through go-sql-driver, and what the driver tells of each type (see test/bi/README.md).
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

func equal(got, wanted interface{}) {
	g, w := fmt.Sprintf("%v", got), fmt.Sprintf("%v", wanted)
	if g != w {
		panic(failure{fmt.Sprintf("got %.600s, wanted %.600s", g, w)})
	}
}

func open(change func(*mysql.Config)) *sql.DB {
	c := mysql.NewConfig()
	c.Net, c.Addr = "tcp", os.Getenv("T_HOST")+":"+os.Getenv("T_PORT")
	c.User, c.Passwd, c.DBName = os.Getenv("T_USER"), os.Getenv("T_PASSWORD"), os.Getenv("T_DB")
	c.ParseTime = true
	if change != nil {
		change(c)
	}
	connector, err := mysql.NewConnector(c)
	must(err)
	return sql.OpenDB(connector)
}

// All rows, values joined by '|', NULL for NULL.
func query(db *sql.DB, text string, arguments ...interface{}) []string {
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
	return found
}

// name -> DatabaseTypeName, ScanType, precision and scale; every column may be NULL.
var wanted = map[string]string{
	"bo": "TINYINT sql.NullInt64", "i8": "TINYINT sql.NullInt64", "i16": "SMALLINT sql.NullInt64", "i32": "INT sql.NullInt64",
	"i64": "BIGINT sql.NullInt64", "i128": "CHAR sql.RawBytes", "f32": "FLOAT sql.NullFloat64", "f64": "DOUBLE sql.NullFloat64",
	"d9": "DECIMAL sql.RawBytes 9 2", "d18": "DECIMAL sql.RawBytes 18 0", "d38": "DECIMAL sql.RawBytes 38 4",
	"dt": "DATE sql.NullTime", "ts6": "DATETIME sql.NullTime 6 6", "c3": "CHAR sql.RawBytes", "v5": "CHAR sql.RawBytes",
	"js": "JSON sql.RawBytes", "ar": "CHAR sql.RawBytes", "ma": "CHAR sql.RawBytes", "su": "CHAR sql.RawBytes",
	"ip4": "CHAR sql.RawBytes", "ip6": "CHAR sql.RawBytes",
}

func columnTypes(prepared bool) func() {
	return func() {
		db := open(nil)
		defer db.Close()
		names := []string{}
		for name := range wanted {
			names = append(names, name)
		}
		text, arguments := "SELECT "+strings.Join(names, ", ")+" FROM types", []interface{}{}
		if prepared {
			text, arguments = text+" WHERE i32 < ?", []interface{}{0}
		}
		rows, err := db.Query(text, arguments...)
		must(err)
		defer rows.Close()
		columns, err := rows.ColumnTypes()
		must(err)
		for i, column := range columns {
			got := column.DatabaseTypeName() + " " + column.ScanType().String()
			// Of what has digits; the driver says "any number" of floats.
			if precision, scale, known := column.DecimalSize(); known && precision < 1000 {
				got += fmt.Sprintf(" %d %d", precision, scale)
			}
			nullable, known := column.Nullable()
			equal(fmt.Sprint(column.Name(), " ", got, " ", nullable, known), fmt.Sprint(names[i], " ", wanted[names[i]], " ", true, true))
		}
		equal(rows.Next(), true)
	}
}

func connect() {
	db := open(nil)
	defer db.Close()
	must(db.Ping())
	equal(query(db, "SELECT @@max_allowed_packet > 0, DATABASE()"), []string{"1|shop"})
}

// The query editor: what it fills its lists with.
func editor() {
	db := open(nil)
	defer db.Close()
	equal(query(db, "SELECT DISTINCT TABLE_SCHEMA FROM information_schema.TABLES WHERE TABLE_TYPE != 'SYSTEM VIEW' ORDER BY TABLE_SCHEMA")[0:1], []string{"shop"})
	equal(query(db, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'shop' ORDER BY table_name"), []string{"names", "objects", "orders", "sums", "types"})
	equal(query(db, "SELECT quote(column_name), data_type FROM information_schema.columns WHERE table_schema = 'shop' AND table_name = 'orders' "+
		"AND data_type IN ('timestamp', 'datetime', 'bigint', 'double', 'float') ORDER BY column_name"), []string{"'at'|datetime", "'id'|bigint", "'score'|double"})
	equal(query(db, "SELECT column_name FROM information_schema.columns WHERE table_schema = database() AND table_name = 'orders' AND "+
		"data_type IN ('varchar', 'char')"), []string{"name"})
}

// $__timeGroup, $__timeFilter, $__unixEpochFilter and the others, as Grafana expands them.
func macros() {
	for _, prepared := range []bool{false, true} {
		db := open(func(c *mysql.Config) { c.InterpolateParams = !prepared })
		equal(query(db, "SELECT UNIX_TIMESTAMP(at) DIV 86400 * 86400 AS \"time\", SUM(price) AS value FROM orders WHERE at BETWEEN "+
			"FROM_UNIXTIME(1704067200) AND FROM_UNIXTIME(1735689600) GROUP BY UNIX_TIMESTAMP(at) DIV 86400 * 86400 ORDER BY UNIX_TIMESTAMP(at) DIV 86400 * 86400"),
			[]string{"1704412800|10.25", "1707955200|20.00", "1714521600|7.50"})
		equal(query(db, "SELECT UNIX_TIMESTAMP(at) AS time_sec, score AS value, name AS metric FROM orders WHERE UNIX_TIMESTAMP(at) >= ? AND "+
			"UNIX_TIMESTAMP(at) <= ? ORDER BY at ASC", 1704067200, 1709251200), []string{"1704449472|1.5|ann", "1708041599|2.5|bob"})
		equal(query(db, "SELECT cast(cast(UNIX_TIMESTAMP(at) / (300) as signed) * 300 as signed) AS time, COUNT(*) FROM orders WHERE id < ? GROUP BY 1 ORDER BY 1", 3),
			[]string{"1704449400|1", "1708041300|1"})
		equal(query(db, "SELECT at AS time, score FROM orders WHERE at >= ? AND name = ? ORDER BY 1 LIMIT 1", "2024-02-01 00:00:00", "ann"),
			[]string{"2024-05-01T00:00:00Z|-1"})
		db.Close()
	}
}

func run(name string, check func()) {
	defer func() {
		switch problem := recover().(type) {
		case nil:
			fmt.Println("ok", name)
		case failure:
			fmt.Printf("FAIL %s: %s\n", name, strings.ReplaceAll(problem.text, "\n", " "))
		default:
			fmt.Printf("FAIL %s: %v\n", name, problem)
		}
	}()
	check()
}

func main() {
	run("connect", connect)
	run("column_types", columnTypes(false))
	run("column_types_prepared", columnTypes(true))
	run("editor", editor)
	run("macros", macros)
}
