import com.prowidesoftware.swift.model.mx.AbstractMX;
import com.prowidesoftware.swift.model.mx.MxCamt05300108;
import com.prowidesoftware.swift.model.mx.MxCamt05400108;
import com.prowidesoftware.swift.model.mx.dic.CashBalance8;
import com.prowidesoftware.swift.model.mx.dic.CreditDebitCode;
import com.prowidesoftware.swift.model.mx.dic.ReportEntry10;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** Reads messages by Prowide's library of ISO 20022, and prints what it makes of each, a line of JSON a statement or an entry. */
public class Readings {
    static BigDecimal signed(BigDecimal amount, CreditDebitCode side) {
        return side == CreditDebitCode.DBIT ? amount.negate() : amount;
    }

    static String told(BigDecimal amount) {
        return "\"" + amount.toPlainString() + "\"";
    }

    static BigDecimal balance(List<CashBalance8> balances, String code) {
        for (CashBalance8 balance : balances) {
            if (code.equals(balance.getTp().getCdOrPrtry().getCd())) {
                return signed(balance.getAmt().getValue(), balance.getCdtDbtInd());
            }
        }
        throw new IllegalStateException("no balance " + code);
    }

    static BigDecimal moved(ReportEntry10 entry) {
        return signed(entry.getAmt().getValue(), entry.getCdtDbtInd());
    }

    public static void main(String[] paths) throws Exception {
        for (String path : paths) {
            AbstractMX message = AbstractMX.parse(Files.readString(Path.of(path)));
            if (message instanceof MxCamt05300108 statements) {
                for (var statement : statements.getBkToCstmrStmt().getStmt()) {
                    String entries = statement.getNtry().stream().map(entry -> told(moved(entry))).collect(Collectors.joining(","));
                    String account = statement.getAcct().getId().getOthr().getId();
                    var balances = statement.getBal();
                    System.out.printf("[\"%s\",\"prowide\",\"%s\",%s,%s,[%s]]%n", path, account, told(balance(balances, "OPBD")), told(balance(balances, "CLBD")), entries);
                }
            } else if (message instanceof MxCamt05400108 notifications) {
                for (var notification : notifications.getBkToCstmrDbtCdtNtfctn().getNtfctn()) {
                    for (ReportEntry10 entry : notification.getNtry()) {
                        var transactions = entry.getNtryDtls().stream().flatMap(details -> details.getTxDtls().stream()).toList();
                        BigDecimal sum = transactions.stream().map(one -> signed(one.getAmt().getValue(), one.getCdtDbtInd())).reduce(BigDecimal.ZERO, BigDecimal::add);
                        if (sum.compareTo(moved(entry)) != 0) {
                            throw new IllegalStateException(path + ": transactions of " + sum + " in an entry of " + moved(entry));
                        }
                        System.out.printf("[\"%s\",\"prowide\",%s,%d]%n", path, told(moved(entry)), transactions.size());
                    }
                }
            } else {
                throw new IllegalStateException(path + ": " + message);
            }
        }
    }
}
